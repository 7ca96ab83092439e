"""The reading site: what students may read of the course, its documents and the reference of their package."""
