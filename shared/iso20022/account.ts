// Accounts, agents and parties as ISO 20022 writes them, in any version: an IBAN where it is one, otherwise another
// identification.

import type { Tree } from './write.ts';
import { child, type Element, textAt } from './xml.ts';

/** Without spaces; an IBAN in capitals, so that one account is always written one way. */
export function accountIn(element: Element | undefined): string | null {
  const kind = child(element, 'Id')?.first ?? undefined;
  // BBAN, UPIC and PrtryAcct are of the first versions.
  const text = kind?.name === 'IBAN' || kind?.name === 'BBAN' || kind?.name === 'UPIC' ? kind.text : textAt(kind, 'Id');
  if (text === null || text === '') return null;
  if (kind?.name === 'IBAN') return /[\sa-z]/.test(text) ? text.replace(/\s+/g, '').toUpperCase() : text;
  const account = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  const capitals = account.toUpperCase();
  return isIban(capitals) ? capitals : account;
}

/** Who keeps an account or passes a payment on. */
export interface Agent {
  /** A BIC, else a clearing member number, else whatever else it is known by. */
  readonly id: string | null;
  readonly name: string | null;
}

export function agentOf(element: Element | undefined): Agent | null {
  const institution = child(element, 'FinInstnId');
  if (institution === undefined) return null;
  const inner = child(institution, 'CmbndId') ?? child(institution, 'NmAndAdr') ?? institution;
  const id =
    textAt(inner, 'BICFI') ??
    textAt(inner, 'BIC') ??
    textAt(inner, 'ClrSysMmbId', 'MmbId') ??
    textAt(inner, 'ClrSysMmbId', 'Id') ??
    textAt(inner, 'Othr', 'Id') ??
    textAt(inner, 'PrtryId', 'Id');
  return { id, name: textAt(inner, 'Nm') };
}

export const agentIn = (element: Element | undefined): string | null => agentOf(element)?.id ?? null;

export interface Address {
  readonly street: string | null;
  readonly building: string | null;
  readonly postCode: string | null;
  readonly town: string | null;
  readonly subdivision: string | null;
  readonly country: string | null;
  readonly lines: readonly string[];
}

export interface Party {
  readonly name: string | null;
  /** A BIC or LEI of an organisation, else its or a person's other identification. */
  readonly id: string | null;
  readonly idIssuer: string | null;
  readonly address: Address | null;
  readonly countryOfResidence: string | null;
}

/** A party, also where newer versions put it into a choice of party and agent. */
export function partyOf(element: Element | undefined): Party | null {
  if (element === undefined) return null;
  const { first } = element;
  const inner = first?.name === 'Pty' ? first : element;
  if (first?.name === 'Agt') {
    const agent = agentOf(first);
    return { ...nobody, name: agent?.name ?? null, id: agent?.id ?? null };
  }
  const read: Mutable<Party> = { ...nobody };
  for (let one = inner.first; one !== null; one = one.next)
    switch (one.name) {
      case 'Nm':
        read.name = one.text;
        break;
      case 'PstlAdr':
        read.address = addressOf(one);
        break;
      case 'Id': {
        const who = child(one, 'OrgId') ?? child(one, 'PrvtId') ?? one;
        const other = child(who, 'Othr') ?? child(who, 'PrtryId') ?? child(who, 'OthrId');
        read.id = textAt(who, 'AnyBIC') ?? textAt(who, 'BICOrBEI') ?? textAt(who, 'LEI') ?? textAt(other, 'Id');
        read.idIssuer = textAt(other, 'Issr');
        break;
      }
      case 'CtryOfRes':
        read.countryOfResidence = one.text;
        break;
    }
  return read;
}

const nobody: Party = { name: null, id: null, idIssuer: null, address: null, countryOfResidence: null };

export function addressOf(element: Element): Address {
  const read: Mutable<Address> = { ...nowhere };
  for (let one = element.first; one !== null; one = one.next) {
    const { name, text } = one;
    switch (name) {
      case 'StrtNm':
        read.street = text;
        break;
      case 'BldgNb':
        read.building = text;
        break;
      case 'PstCd':
        read.postCode = text;
        break;
      case 'TwnNm':
        read.town = text;
        break;
      case 'CtrySubDvsn':
        read.subdivision = text;
        break;
      case 'Ctry':
        read.country = text;
        break;
      case 'AdrLine':
        read.lines = [...read.lines, text];
        break;
    }
  }
  return read;
}

const nowhere: Address = {
  street: null,
  building: null,
  postCode: null,
  town: null,
  subdivision: null,
  country: null,
  lines: [],
};

/** While it is being read. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** ISO 13616: country, two check digits, modulus 97. */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$/.test(text)) return false;
  let rest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt((i + 4) % text.length);
    rest = code < 58 ? (rest * 10 + code - 48) % 97 : (rest * 100 + code - 55) % 97;
  }
  return rest === 1;
}

export const accountTree = (account: string, currency?: string): Tree => ({
  Id: isIban(account) ? { IBAN: account } : { Othr: { Id: account.slice(0, 34) } },
  Ccy: currency,
});

const bic = /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/;
export const agentTree = (agent: string | null): Tree => ({
  FinInstnId:
    agent === null ? { Othr: { Id: 'NOTPROVIDED' } } : bic.test(agent) ? { BICFI: agent } : { Othr: { Id: agent } },
});
