"""Long work: asked for in the transaction of a page, done by a worker, watched in a browser that may be closed meanwhile."""
