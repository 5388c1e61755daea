//! Pages of the catalogues.
