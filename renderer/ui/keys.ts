// Keyboard first: single keys and two-key sequences, never while somebody types, except with Ctrl.

import { useEffect, useRef } from 'react';

export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)) &&
  (target as HTMLInputElement).type !== 'checkbox';

/** Keys are named as in `event.key`; `g w` is one after the other, `ctrl+Enter` both at once. */
export function useKeys(keys: KeyMap): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    let first = '';
    const listen = (event: KeyboardEvent) => {
      const name = event.ctrlKey || event.metaKey ? `ctrl+${event.key}` : event.key;
      if (!name.startsWith('ctrl+') && isTyping(event.target)) {
        if (name === 'Escape')
          (event.target as HTMLElement).blur(); // what was typed stays
        else return;
      }
      const pressesButton = event.target instanceof HTMLButtonElement && (name === 'Enter' || name === ' ');
      if (pressesButton) return;
      const two = `${first} ${name}`;
      // After `g` a key belongs to the screen that is gone to, and to nothing that this one does with it.
      const act = current.current[two] ?? (first === 'g' ? undefined : current.current[name]);
      first = name.length === 1 && act === undefined && first !== 'g' ? name : '';
      if (act === undefined) return;
      event.preventDefault();
      act(event);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}
