// Shuts every other way out of and into a page: permissions, devices, downloads, navigation, new windows, other origins.

import { appOrigin } from './origin.ts';
import type { ElectronParts, Session } from './parts.ts';

const isOurs = (url: string): boolean => url === appOrigin || url.startsWith(`${appOrigin}/`);

/** Before anything is loaded in this session. */
export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((_, __, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_, answer) => answer({}));
  session.setCertificateVerifyProc((_, answer) => answer(-2));
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, answer) =>
    answer({ cancel: !isOurs(details.url) && !details.url.startsWith('data:') }),
  );
  session.on('will-download', (event) => event.preventDefault());
  for (const chooser of ['select-hid-device', 'select-serial-port', 'select-usb-device'] as const)
    session.on(chooser as 'select-hid-device', (event, _, answer) => {
      event.preventDefault();
      answer();
    });
  // Without a listener a sign-in with several discoverable credentials is cancelled; ours always name the credential.
  session.on('select-webauthn-account', (event, details, answer) => {
    event.preventDefault();
    answer(details.accounts[0]?.credentialId);
  });
}

/** On every page there ever is, from its first moment. */
export function guardContents({ app }: ElectronParts): void {
  app.on('web-contents-created', (_, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.on('will-navigate', (event) => {
      if (!isOurs(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!isOurs(event.url) || !event.isMainFrame) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
  });
  app.on('certificate-error', (event, _, __, ___, ____, answer) => {
    event.preventDefault();
    answer(false);
  });
  app.on('login', (event, _, __, ___, answer) => {
    event.preventDefault();
    answer();
  });
}
