// Schema verdicts by libxml2 (as WebAssembly). It holds the whole document in memory, so it is asked only about files of a
// size that allows it; it reads no file, no entity and no network: schemas come as an argument, and a DOCTYPE was refused
// before.

import { ParseOption, XmlDocument, XmlElement, XmlLibError, XsdValidator } from 'libxml2-wasm';

export interface SchemaVerdict {
  readonly schema: 'valid' | 'invalid' | 'unknown';
  /** Why it is not valid, by line, or why it cannot be said. */
  readonly errors: readonly { readonly line: number | null; readonly what: string }[];
}

export interface Schemas {
  /** `text` is well-formed and without a DOCTYPE; `message` is its ISO identifier. */
  check(text: string, message: string): SchemaVerdict;
}

const option = ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_BIG_LINES;
const schemaOption = ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE;

/** `schemaOf` gives the text of the schema of a message such as camt.053.001.08, where there is one. */
export function openSchemas(schemaOf: (message: string) => string | undefined): Schemas {
  const validators = new Map<string, XsdValidator | undefined>();
  const validatorOf = (message: string): XsdValidator | undefined => {
    if (validators.has(message)) return validators.get(message);
    const text = schemaOf(message);
    const validator = text === undefined ? undefined : compile(text);
    validators.set(message, validator);
    return validator;
  };
  return {
    check(text, message) {
      const validator = validatorOf(message);
      if (validator === undefined) return unknown(`There is no schema for ${message}.`);
      let document: XmlDocument;
      try {
        document = XmlDocument.fromString(withoutDeclaration(text), { option });
      } catch (error) {
        return unknown(`The schema checker could not read it: ${detailsOf(error)[0]?.what ?? 'no reason given'}`);
      }
      try {
        const namespace = `urn:iso:std:iso:20022:tech:xsd:${message}`;
        const element = elementOf(document, namespace);
        if (element === undefined) return unknown(`It has no Document in the namespace ${namespace}.`);
        validator.validate(element);
        return { schema: 'valid', errors: [] };
      } catch (error) {
        const errors = detailsOf(error);
        return errors.length === 0 ? unknown('The schema checker gave up.') : { schema: 'invalid', errors };
      } finally {
        document.dispose();
      }
    },
  };
}

const unknown = (what: string): SchemaVerdict => ({ schema: 'unknown', errors: [{ line: null, what }] });

function compile(schema: string): XsdValidator | undefined {
  const document = XmlDocument.fromString(schema, { option: schemaOption });
  try {
    return XsdValidator.fromDoc(document);
  } catch {
    return undefined;
  } finally {
    document.dispose();
  }
}

function elementOf(document: XmlDocument, namespace: string): XmlElement | undefined {
  const found = document.get('(//m:Document)[1]', { m: namespace });
  return found instanceof XmlElement ? found : undefined;
}

/** The text is decoded: what its declaration says of an encoding is no longer so. Lines stay where they are. */
const withoutDeclaration = (text: string): string =>
  text.replace(/^\uFEFF?<\?xml[^>]*\?>/, (declaration) => declaration.replace(/[^\n]/g, ''));

function detailsOf(error: unknown): { line: number | null; what: string }[] {
  if (!(error instanceof XmlLibError)) return [];
  const seen = new Set<string>();
  return error.details.flatMap(({ line, message }) => {
    const what = message.trim().replace(/\{urn:iso:std:iso:20022:tech:xsd:[^}]*\}/g, '');
    const key = `${line} ${what}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ line: line > 0 ? line : null, what }];
  });
}
