-- The roles and databases of the deployment, run once by an empty PostgreSQL as its superuser (psql). Neither role is
-- one: Muster may make the role its queries run under (row-level security), Temporal owns its two databases.
\getenv muster_password MUSTER_DB_PASSWORD
\getenv temporal_password TEMPORAL_DB_PASSWORD
create role muster login createrole password :'muster_password';
create role temporal login password :'temporal_password';
create database muster owner muster;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
