// A labelled field: the label names the control for everybody, screen readers included.

import { type ReactNode, useId } from 'react';

export function Field({
  label,
  note,
  children,
}: {
  readonly label: string;
  readonly note?: ReactNode;
  readonly children: (id: string) => ReactNode;
}) {
  const id = useId();
  return (
    <div style={{ marginBlockEnd: 10 }}>
      <label htmlFor={id} style={{ display: 'block', marginBlockEnd: 2 }}>
        {label}
      </label>
      {children(id)}
      {note ? <div className="quiet">{note}</div> : null}
    </div>
  );
}
