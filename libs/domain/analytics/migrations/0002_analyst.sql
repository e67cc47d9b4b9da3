-- Analysts connect with a login that is a member of this role. Roles belong to the whole server, not to this database: it may exist
-- already, and two databases may be migrated at the same time.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'loyalty_analyst') THEN
    CREATE ROLE loyalty_analyst NOLOGIN;
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    -- Said again at each start, where somebody reads it.
    RAISE NOTICE 'The role loyalty_analyst was not created: % may not create roles.', current_user;
  WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;
