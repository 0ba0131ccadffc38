// From an instruction to the file that knows its kind.

import { adoptAddress, revokeAddress } from './address.ts';
import { adoptAgreement, adoptPolicy } from './adopt.ts';
import { adoptCalendar } from './adopt-calendar.ts';
import { adoptEscrow } from './adopt-escrow.ts';
import { batch } from './batch.ts';
import { bookTransfer } from './book-transfer.ts';
import { closePeriod } from './close-period.ts';
import { correction } from './correction.ts';
import { digitalWithdrawal } from './digital-withdrawal.ts';
import { enrolOperator, enrolTerminal } from './enrol.ts';
import { fee } from './fee.ts';
import { adoptFeeSchedule, chargeAccruedFees, waiveAccruedFees } from './fee-schedules.ts';
import { foreignExchange } from './foreign-exchange.ts';
import { freeze, unfreeze } from './freeze.ts';
import { fulfilCondition } from './fulfil-condition.ts';
import { fundEscrow } from './fund-escrow.ts';
import { closeHedge, hedge } from './hedge.ts';
import type { Kind } from './kind.ts';
import { openAccount } from './open-account.ts';
import { openPool } from './open-pool.ts';
import type { Payee } from './payee.ts';
import { payment } from './payment.ts';
import { platformCheck } from './platform-check.ts';
import { raiseDispute } from './raise-dispute.ts';
import { recall } from './recall.ts';
import { receiptAllocation } from './receipt-allocation.ts';
import { assignBreak, match, resolveBreak, unmatch } from './reconcile.ts';
import { recordRecovery } from './record-recovery.ts';
import { adoptReferenceRates } from './reference-rates.ts';
import { refundEscrow } from './refund-escrow.ts';
import { registerClient } from './register-client.ts';
import { releaseEscrow } from './release-escrow.ts';
import { revokeOperator, revokeTerminal } from './revoke.ts';
import { ruleOnDispute } from './rule-on-dispute.ts';
import type { Instruction, InstructionKind } from './schema.ts';
import { sendBack } from './send-back.ts';
import { settleExchange } from './settle-exchange.ts';
import { emergencyStop, overrideShortfall, resume } from './stop.ts';

const kinds: { readonly [K in InstructionKind]: () => Kind<Extract<Instruction, { kind: K }>> } = {
  'register client': () => registerClient,
  'open account': () => openAccount,
  'open pool': () => openPool,
  payment: () => payment,
  'book transfer': () => bookTransfer,
  batch: () => batch,
  'receipt allocation': () => receiptAllocation,
  fee: () => fee,
  freeze: () => freeze,
  unfreeze: () => unfreeze,
  'enrol operator': () => enrolOperator,
  'enrol terminal': () => enrolTerminal,
  'revoke operator': () => revokeOperator,
  'revoke terminal': () => revokeTerminal,
  'record recovery': () => recordRecovery,
  'adopt agreement': () => adoptAgreement,
  'adopt policy': () => adoptPolicy,
  'adopt calendar': () => adoptCalendar,
  'close period': () => closePeriod,
  // Looked up late: a correction asks the kind that it reverses, so the two files need one another.
  correction: () => correction,
  match: () => match,
  unmatch: () => unmatch,
  'assign break': () => assignBreak,
  'resolve break': () => resolveBreak,
  'emergency stop': () => emergencyStop,
  resume: () => resume,
  'override shortfall': () => overrideShortfall,
  recall: () => recall,
  'send back': () => sendBack,
  'platform check': () => platformCheck,
  'foreign exchange': () => foreignExchange,
  'adopt reference rates': () => adoptReferenceRates,
  hedge: () => hedge,
  'close hedge': () => closeHedge,
  'settle exchange': () => settleExchange,
  'adopt fee schedule': () => adoptFeeSchedule,
  'charge accrued fees': () => chargeAccruedFees,
  'waive accrued fees': () => waiveAccruedFees,
  'adopt escrow': () => adoptEscrow,
  'fund escrow': () => fundEscrow,
  'fulfil condition': () => fulfilCondition,
  'release escrow': () => releaseEscrow,
  'refund escrow': () => refundEscrow,
  'raise dispute': () => raiseDispute,
  'rule on dispute': () => ruleOnDispute,
  'adopt address': () => adoptAddress,
  'revoke address': () => revokeAddress,
  'digital withdrawal': () => digitalWithdrawal,
};

export const instructionKinds = Object.keys(kinds) as readonly InstructionKind[];

export const kindOf = (instruction: Instruction): Kind<Instruction> =>
  kinds[instruction.kind]() as unknown as Kind<Instruction>;

/** Commitments to details that travel beside an instruction and can be erased. */
export const commitmentsOf = (instruction: Instruction): readonly string[] =>
  instruction.kind === 'register client' ? [instruction.identity] : payeesOf(instruction).map((payee) => payee.details);

/** The payees outside custody that an instruction names, one per item. */
export function payeesOf(instruction: Instruction): readonly Payee[] {
  if (instruction.kind === 'payment' || instruction.kind === 'send back') return [instruction.payee];
  return instruction.kind === 'batch' ? instruction.items.map((item) => item.payee) : [];
}
