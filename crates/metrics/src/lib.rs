//! 语义层: facts, dimensions and measures as data; typed queries compiled to portable SQL.
