// The headers of every page and file that a host serves: one module for the packaged app and the loopback host.

/** `nonce` admits the style sheets that the component library writes at run time; scripts only ever come from files. */
export function pageHeaders(options: {
  readonly nonce: string;
  readonly connect: readonly string[];
}): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${options.nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${["'self'", ...options.connect].join(' ')}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-src 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ];
  return {
    'content-security-policy': policy.join('; '),
    'permissions-policy': permissionsPolicy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  };
}

const permissionsPolicy = [
  'publickey-credentials-get=(self)',
  'publickey-credentials-create=(self)',
  ...['camera', 'microphone', 'geolocation', 'usb', 'serial', 'hid', 'payment', 'display-capture', 'fullscreen'].map(
    (name) => `${name}=()`,
  ),
].join(', ');

/** Stands in the built page where the host writes the nonce of this one answer. */
export const noncePlaceholder = '__CUSTOS_NONCE__';
