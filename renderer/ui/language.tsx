// The four languages, each in its own name.

import { chooseLanguage, type Language, languageNames, languages, useSay } from '../i18n/index.ts';

export function LanguageChoice() {
  const { say, language } = useSay();
  return (
    <select
      aria-label={say('header.language')}
      value={language}
      onChange={(event) => chooseLanguage(event.target.value as Language)}
    >
      {(Object.keys(languages) as Language[]).map((one) => (
        <option key={one} value={one}>
          {languageNames[one]}
        </option>
      ))}
    </select>
  );
}
