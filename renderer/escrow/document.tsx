// A document is chosen, hashed here, and stays where it is: only its digest goes anywhere.

import { useState } from 'react';
import { bytesToBase64url } from '../../shared/bytes.ts';
import { useSay } from '../i18n/index.ts';
import { Field } from '../ui/field.tsx';

export interface ChosenDocument {
  readonly name: string;
  readonly digest: string;
}

export function DocumentField({ onChosen }: { readonly onChosen: (chosen: ChosenDocument | null) => void }) {
  const { say } = useSay();
  const [chosen, setChosen] = useState<ChosenDocument | null>(null);
  const take = async (file: File | undefined) => {
    const one =
      file === undefined
        ? null
        : {
            name: file.name,
            digest: bytesToBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))),
          };
    setChosen(one);
    onChosen(one);
  };
  return (
    <Field
      label={say('escrow.document')}
      note={chosen === null ? say('escrow.noDocument') : `${chosen.name} · ${chosen.digest}`}
    >
      {(id) => <input id={id} type="file" onChange={(event) => void take(event.target.files?.[0])} />}
    </Field>
  );
}
