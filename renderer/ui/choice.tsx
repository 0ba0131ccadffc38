// Choices as the browser itself offers them: type the first letters, Tab goes on. Long lists are typed into, with suggestions.

interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
}
interface ChoiceProps<T extends string> {
  readonly id: string;
  readonly value: T | null;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
  /** Where a screen begins, so that nobody has to look for it with Tab. */
  readonly isFirst?: boolean;
}

export function Choice<T extends string>({ id, value, options, onChange, isFirst = false }: ChoiceProps<T>) {
  return (
    <select
      id={id}
      className="choice"
      // biome-ignore lint/a11y/noAutofocus: a form begins at its first field
      autoFocus={isFirst}
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value as T)}
    >
      {value === null || value === '' ? <option value="" /> : null}
      {options.map((one) => (
        <option key={one.value} value={one.value}>
          {one.label}
        </option>
      ))}
    </select>
  );
}

const maxSuggestions = 100;

/** The value itself is typed, such as an account id; suggestions show what it is. */
export function Suggested({ id, value, options, onChange }: ChoiceProps<string>) {
  const typed = (value ?? '').toLowerCase();
  const fitting = options.filter((one) => one.label.toLowerCase().includes(typed)).slice(0, maxSuggestions);
  return (
    <>
      <input
        id={id}
        className="choice"
        list={`${id}-list`}
        autoComplete="off"
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={`${id}-list`}>
        {fitting.map((one) => (
          <option key={one.value} value={one.value}>
            {one.label}
          </option>
        ))}
      </datalist>
    </>
  );
}
