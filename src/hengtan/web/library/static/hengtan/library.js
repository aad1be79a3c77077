// Pages of factors and methods: nothing yet that htmx does not do.
