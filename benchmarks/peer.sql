-- What an engineer would write by hand: a ready coefficient table, DOUBLE, no checks, no problems, no manifest.
-- It writes the columns of emissions.parquet in input order and the sums by facility, month and scope.
SET threads = $threads;
COPY (
    SELECT a.activity_id, a.facility, a.org_unit, a.start, a."end", c.scope, c.category, c.basis,
           a.quantity * c.co2_kg          AS co2_kg,
           a.quantity * c.ch4_kg          AS ch4_kg,
           a.quantity * c.n2o_kg          AS n2o_kg,
           a.quantity * c.other_co2e_kg   AS other_co2e_kg,
           a.quantity * c.co2e_kg         AS co2e_kg,
           a.quantity * c.biogenic_co2_kg AS biogenic_co2_kg,
           c.factor_id, c.match, c.method
    FROM read_parquet('$activities') a
    JOIN read_parquet('$coefficients') c
      ON a.activity_type = c.activity_type AND a.unit = c.unit AND a.region = c.region AND year(a.start) = c.year
    WHERE a.quantity >= 0 AND a."end" >= a.start
) TO '$folder/emissions.parquet' (FORMAT parquet);
COPY (
    SELECT facility, date_trunc('month', start) AS month, scope, basis, sum(co2e_kg) AS co2e_kg
    FROM read_parquet('$folder/emissions.parquet')
    GROUP BY ALL
) TO '$folder/by_month.csv';
