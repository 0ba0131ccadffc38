// Every migration, oldest first; frozen once landed.

import * as books from './001-books.ts';
import * as imports from './002-imports.ts';
import * as enrolled from './003-enrolled.ts';
import * as diary from './004-diary.ts';
import * as statements from './005-statements.ts';
import * as digests from './006-digests.ts';
import * as pools from './007-pools.ts';
import * as statementImports from './008-statement-imports.ts';
import * as scheduled from './009-scheduled.ts';
import * as tops from './010-tops.ts';

export const migrations = [
  books,
  imports,
  enrolled,
  diary,
  statements,
  digests,
  pools,
  statementImports,
  scheduled,
  tops,
];
