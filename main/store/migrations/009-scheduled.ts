// What waits for its value date is found without looking through everything that was ever made.

export const version = 9;

export const sql = "CREATE INDEX instructions_scheduled ON instructions (id) WHERE state = 'scheduled';";
