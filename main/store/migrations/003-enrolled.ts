// Who may sign, as lists: they follow from the operators and terminals that the books have already.

export const version = 3;

export const sql = `
INSERT INTO state (name, key, row)
  SELECT 'enrolled', role, '{"ids":' || json_group_array(key ORDER BY key) || '}' FROM (
    SELECT row ->> '$.role' AS role, key FROM state WHERE name = 'operator'
    UNION ALL SELECT 'terminal', key FROM state WHERE name = 'terminal'
  ) GROUP BY role;
`;
