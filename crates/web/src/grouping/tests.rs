//! Tests of the grouping page.
