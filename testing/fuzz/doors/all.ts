// Every door by its name.

import type { Door } from '../door.ts';
import { openBundleDoor } from './bundle.ts';
import { openGatewayDoor } from './gateway.ts';
import { readingDoors } from './readings.ts';
import { openTerminalDoor } from './terminal.ts';
import { openVaultFilesDoor } from './vault-files.ts';
import { openWebAuthnDoor } from './webauthn.ts';
import { openWireDoor } from './wire.ts';

export const doors: Readonly<Record<string, () => Door | Promise<Door>>> = {
  terminal: openTerminalDoor,
  gateway: openGatewayDoor,
  wire: openWireDoor,
  'vault-files': openVaultFilesDoor,
  webauthn: openWebAuthnDoor,
  bundle: openBundleDoor,
  ...readingDoors,
};
