// Locks when nobody has touched keyboard or mouse for a while; the hosts lock for what a page cannot see, such as sleep.

import { useEffect, useRef, useState } from 'react';

const idleSeconds = 300;
const signsOfLife = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'] as const;

/** Seconds until the lock. */
export function useIdleLock(lock: () => Promise<void>): number {
  const current = useRef(lock);
  current.current = lock;
  const [secondsLeft, setSecondsLeft] = useState(idleSeconds);
  useEffect(() => {
    let last = performance.now();
    let isLocking = false;
    const stir = () => {
      last = performance.now();
    };
    for (const sign of signsOfLife) window.addEventListener(sign, stir, { passive: true });
    const timer = setInterval(() => {
      const left = Math.max(0, Math.ceil(idleSeconds - (performance.now() - last) / 1000));
      setSecondsLeft(left);
      if (left > 0 || isLocking) return;
      isLocking = true;
      void current.current();
    }, 1000);
    return () => {
      clearInterval(timer);
      for (const sign of signsOfLife) window.removeEventListener(sign, stir);
    };
  }, []);
  return secondsLeft;
}
