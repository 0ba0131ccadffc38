// After packing and before signing: every fuse is set by name, and the native modules outside the archive are listed with their
// digests.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';

/** All nine, none by default; a fuse that a new Electron brings fails the build until it is decided here. */
export const fuses = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
};

/** The executable whose fuses count. */
export function binaryOf({ appOutDir, electronPlatformName, packager }) {
  const { productFilename } = packager.appInfo;
  if (electronPlatformName === 'darwin') return join(appOutDir, `${productFilename}.app`);
  if (electronPlatformName === 'win32') return join(appOutDir, `${productFilename}.exe`);
  return join(appOutDir, packager.executableName ?? productFilename);
}

export const resourcesOf = ({ appOutDir, electronPlatformName, packager }) =>
  electronPlatformName === 'darwin'
    ? join(appOutDir, `${packager.appInfo.productFilename}.app`, 'Contents', 'Resources')
    : join(appOutDir, 'resources');

/** Writes natives.json beside the archive and returns what it lists. */
export function listNatives(resources) {
  const list = {};
  for (const entry of readdirSync(resources, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.node')) continue;
    const path = join(entry.parentPath, entry.name);
    list[relative(resources, path).replaceAll('\\', '/')] = createHash('sha256')
      .update(readFileSync(path))
      .digest('hex');
  }
  if (Object.keys(list).length === 0) throw new Error('no native module was unpacked: the app could not open a vault');
  writeFileSync(join(resources, 'natives.json'), JSON.stringify(list));
  return list;
}

export default async function afterPack(context) {
  listNatives(resourcesOf(context));
  await flipFuses(binaryOf(context), {
    ...fuses,
    resetAdHocDarwinSignature: context.electronPlatformName === 'darwin',
  });
}
