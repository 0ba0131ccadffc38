// The button under a form that signs what it says, once there is something to sign and nobody would refuse it.

import { Button } from 'antd';
import type { Draft, Forecast } from '../../shared/contract/terminal.ts';
import { useSay } from '../i18n/index.ts';
import type { SigningState } from './use-signing.ts';

interface SignButtonProps {
  readonly draft: Draft | undefined;
  readonly forecast: Forecast | null;
  readonly signing: SigningState;
  readonly onSign: () => void;
}

export function SignButton({ draft, forecast, signing, onSign }: SignButtonProps) {
  const { say } = useSay();
  return (
    <Button
      type="primary"
      disabled={draft === undefined || forecast?.refusal != null}
      loading={signing.busy}
      onClick={onSign}
    >
      {signing.busy ? say('action.touching') : say('make.sign')}
    </Button>
  );
}
