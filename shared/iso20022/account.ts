// Accounts as ISO 20022 writes them: an IBAN where it is one, otherwise another identification.

import { child, type Element, type Tree, textAt } from './xml.ts';

/** Without spaces; an IBAN in capitals, so that one account is always written one way. */
export function accountIn(element: Element | undefined): string | null {
  const text =
    textAt(element, 'Id', 'IBAN') ?? textAt(element, 'Id', 'Othr', 'Id') ?? textAt(element, 'Id', 'PrtryAcct', 'Id');
  if (text === null) return null;
  const account = text.replace(/\s+/g, '');
  const capitals = account.toUpperCase();
  return isIban(capitals) ? capitals : account;
}

export const agentIn = (element: Element | undefined): string | null => {
  const institution = child(element, 'FinInstnId') ?? child(element, 'FinInstnId', 'CmbndId');
  return (
    textAt(institution, 'BICFI') ??
    textAt(institution, 'BIC') ??
    textAt(institution, 'ClrSysMmbId', 'MmbId') ??
    textAt(institution, 'Othr', 'Id')
  );
};

/** ISO 13616: country, two check digits, modulus 97. */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$/.test(text)) return false;
  const digits = (text.slice(4) + text.slice(0, 4)).replace(/[A-Z]/g, (c) => String(c.charCodeAt(0) - 55));
  return BigInt(digits) % 97n === 1n;
}

export const accountTree = (account: string): Tree => ({
  Id: isIban(account) ? { IBAN: account } : { Othr: { Id: account.slice(0, 34) } },
});

const bic = /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/;
export const agentTree = (agent: string | null): Tree => ({
  FinInstnId:
    agent === null ? { Othr: { Id: 'NOTPROVIDED' } } : bic.test(agent) ? { BICFI: agent } : { Othr: { Id: agent } },
});
