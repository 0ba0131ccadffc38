// The closed list of instruction kinds, as parsed at every door.

import { z } from 'zod';
import { adoptAddressSchema, revokeAddressSchema } from './address.ts';
import { adoptAgreementSchema, adoptPolicySchema } from './adopt.ts';
import { adoptCalendarSchema } from './adopt-calendar.ts';
import { adoptEscrowSchema } from './adopt-escrow.ts';
import { batchSchema } from './batch.ts';
import { bookTransferSchema } from './book-transfer.ts';
import { closePeriodSchema } from './close-period.ts';
import { correctionSchema } from './correction.ts';
import { digitalWithdrawalSchema } from './digital-withdrawal.ts';
import { enrolOperatorSchema, enrolTerminalSchema } from './enrol.ts';
import { feeInstructionSchema } from './fee.ts';
import { adoptFeeScheduleSchema, chargeAccruedFeesSchema, waiveAccruedFeesSchema } from './fee-schedules.ts';
import { foreignExchangeSchema } from './foreign-exchange.ts';
import { freezeSchema, unfreezeSchema } from './freeze.ts';
import { fulfilConditionSchema } from './fulfil-condition.ts';
import { fundEscrowSchema } from './fund-escrow.ts';
import { closeHedgeSchema, hedgeSchema } from './hedge.ts';
import { openAccountSchema } from './open-account.ts';
import { openPoolSchema } from './open-pool.ts';
import { paymentSchema } from './payment.ts';
import { platformCheckSchema } from './platform-check.ts';
import { raiseDisputeSchema } from './raise-dispute.ts';
import { recallSchema } from './recall.ts';
import { receiptAllocationSchema } from './receipt-allocation.ts';
import { assignBreakSchema, matchSchema, resolveBreakSchema, unmatchSchema } from './reconcile.ts';
import { recordRecoverySchema } from './record-recovery.ts';
import { adoptReferenceRatesSchema } from './reference-rates.ts';
import { refundEscrowSchema } from './refund-escrow.ts';
import { registerClientSchema } from './register-client.ts';
import { releaseEscrowSchema } from './release-escrow.ts';
import { revokeOperatorSchema, revokeTerminalSchema } from './revoke.ts';
import { ruleOnDisputeSchema } from './rule-on-dispute.ts';
import { sendBackSchema } from './send-back.ts';
import { settleExchangeSchema } from './settle-exchange.ts';
import { emergencyStopSchema, overrideShortfallSchema, resumeSchema } from './stop.ts';

export const instructionSchema = z.discriminatedUnion('kind', [
  registerClientSchema,
  openAccountSchema,
  openPoolSchema,
  paymentSchema,
  bookTransferSchema,
  batchSchema,
  receiptAllocationSchema,
  feeInstructionSchema,
  freezeSchema,
  unfreezeSchema,
  enrolOperatorSchema,
  enrolTerminalSchema,
  revokeOperatorSchema,
  revokeTerminalSchema,
  recordRecoverySchema,
  adoptAgreementSchema,
  adoptPolicySchema,
  adoptCalendarSchema,
  closePeriodSchema,
  correctionSchema,
  matchSchema,
  unmatchSchema,
  assignBreakSchema,
  resolveBreakSchema,
  emergencyStopSchema,
  resumeSchema,
  overrideShortfallSchema,
  recallSchema,
  sendBackSchema,
  platformCheckSchema,
  foreignExchangeSchema,
  adoptReferenceRatesSchema,
  hedgeSchema,
  closeHedgeSchema,
  settleExchangeSchema,
  adoptFeeScheduleSchema,
  chargeAccruedFeesSchema,
  waiveAccruedFeesSchema,
  adoptEscrowSchema,
  fundEscrowSchema,
  fulfilConditionSchema,
  releaseEscrowSchema,
  refundEscrowSchema,
  raiseDisputeSchema,
  ruleOnDisputeSchema,
  adoptAddressSchema,
  revokeAddressSchema,
  digitalWithdrawalSchema,
]);
export type Instruction = z.infer<typeof instructionSchema>;
export type InstructionKind = Instruction['kind'];
