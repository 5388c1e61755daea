//! 网页: pages, JSON and exports over the engines. No business rule and no SQL here.
