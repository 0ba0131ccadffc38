// Every migration, oldest first; frozen once landed.

import * as books from './001-books.ts';
import * as imports from './002-imports.ts';

export const migrations = [books, imports];
