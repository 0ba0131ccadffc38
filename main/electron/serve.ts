// Answers the app's own origin from the built files, and nothing else: only GET, only this host, only paths of the manifest as
// they are written there.

import { randomBytes } from 'node:crypto';
import type { Files } from '../host/files.ts';
import { noncePlaceholder, pageHeaders } from '../host/headers.ts';
import { appHost, appOrigin } from './origin.ts';

const text = (status: number, why: string): Response =>
  new Response(why, {
    status,
    headers: { ...pageHeaders({ nonce: 'none', connect: [] }), 'content-type': 'text/plain; charset=utf-8' },
  });

export const serve =
  (files: Files) =>
  (request: { readonly url: string; readonly method: string }): Response => {
    // The text is looked at as it came: a parser would tidy away what is being looked for.
    const path = request.url.startsWith(`${appOrigin}/`) ? request.url.slice(appOrigin.length) : undefined;
    if (path === undefined) return text(403, `Only ${appHost} is served here.`);
    if (request.method !== 'GET') return text(405, 'Only GET is served.');
    const file = files(path === '/' ? '/index.html' : path);
    if (file === undefined) return text(404, 'There is nothing at this address.');
    const nonce = randomBytes(16).toString('base64');
    const body =
      path === '/' ? file.body.toString('utf8').replaceAll(noncePlaceholder, nonce) : new Uint8Array(file.body);
    return new Response(body, { headers: { ...pageHeaders({ nonce, connect: [] }), 'content-type': file.type } });
  };
