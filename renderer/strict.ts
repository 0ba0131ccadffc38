// Before anything else: the schema library must not try to compile code, which this page forbids.

import { config } from 'zod';

config({ jitless: true });
