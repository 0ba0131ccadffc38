// What screens ask of the terminal, and how often. Lists are asked again whenever the log or the outbox has moved.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { CalendarView } from '../shared/contract/calendar.ts';
import type { AccountView, InstructionView, ProgrammeView, Status } from '../shared/contract/terminal.ts';
import type { Result } from '../shared/result.ts';
import { terminal } from './terminal.ts';

export function useStatus() {
  return useQuery({ queryKey: ['status'], queryFn: () => terminal.status({}), refetchInterval: 1000 });
}

/** Changes whenever anything that a list shows may have changed. */
export const marker = (status: Status | undefined): string =>
  status === undefined ? '' : `${status.log.size}|${status.outbox.queued}|${status.outbox.refused}`;

const pageSize = 500;

export function useInstructions(states: string[], status: Status | undefined) {
  return useQuery({
    queryKey: ['instructions', states, marker(status)],
    placeholderData: (before: InstructionView[] | undefined) => before,
    queryFn: async (): Promise<InstructionView[]> => {
      const answer = await terminal.instructions({ states, after: '', limit: pageSize });
      return answer.ok ? answer.value.instructions : [];
    },
  });
}

export function useAccounts(status: Status | undefined) {
  return useQuery({
    queryKey: ['accounts', marker(status)],
    placeholderData: (before: AccountView[] | undefined) => before,
    queryFn: async (): Promise<AccountView[]> => {
      const all: AccountView[] = [];
      for (let after = ''; ; ) {
        const answer = await terminal.accounts({ after, limit: 1000, asset: null });
        if (!answer.ok) return all;
        all.push(...answer.value.accounts);
        const last = answer.value.accounts.at(-1);
        if (last === undefined || answer.value.accounts.length < 1000 || all.length >= 20_000) return all;
        after = last.id;
      }
    },
  });
}

export function useProgramme(status: Status | undefined) {
  return useQuery({
    queryKey: ['programme', marker(status)],
    placeholderData: (before: ProgrammeView | null | undefined) => before,
    queryFn: async (): Promise<ProgrammeView | null> => {
      const answer = await terminal.programme({});
      return answer.ok ? answer.value : null;
    },
  });
}

/** A list that the terminal gives whole, asked again when the log or the outbox has moved. */
function useWhole<T extends object>(name: string, status: Status | undefined, ask: () => Promise<Result<T>>) {
  return useQuery({
    queryKey: [name, marker(status)],
    placeholderData: keepPreviousData,
    queryFn: async (): Promise<T | null> => {
      const answer = await ask();
      return answer.ok ? answer.value : null;
    },
  });
}

export const useBreaks = (status: Status | undefined) => {
  const { data } = useWhole('breaks', status, () => terminal.breaks({}));
  return { data: data?.breaks };
};
export const useStatements = (status: Status | undefined) => {
  const { data } = useWhole('statements', status, () => terminal.statements({}));
  return { data: data?.statements };
};
export const useReceipts = (status: Status | undefined) => {
  const { data } = useWhole('receipts', status, () => terminal.receipts({}));
  return { data: data?.receipts };
};
export const useEscrows = (status: Status | undefined) => {
  const { data } = useWhole('escrows', status, () => terminal.escrows({}));
  return { data: data?.escrows };
};
export const useAddresses = (status: Status | undefined) => {
  // An address that rests becomes usable by itself.
  const { data } = useQuery({
    queryKey: ['addresses', marker(status)],
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
    queryFn: async () => {
      const answer = await terminal.addresses({});
      return answer.ok ? answer.value : null;
    },
  });
  return { data: data?.addresses };
};
export const useSafeguarding = (status: Status | undefined) =>
  useWhole('safeguardingDays', status, () => terminal.safeguardingDays({}));
export const useExchanges = (status: Status | undefined) => useWhole('exchanges', status, () => terminal.exchanges({}));
export const useFees = (status: Status | undefined) => useWhole('fees', status, () => terminal.fees({}));
/** Asked again every half minute besides, as cut-offs come nearer by themselves. */
export function useCalendar(status: Status | undefined, month: string, present: readonly string[] | null) {
  return useQuery({
    queryKey: ['calendar', month, present, marker(status)],
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
    queryFn: async (): Promise<CalendarView | null> => {
      const answer = await terminal.calendar({ month, present: present === null ? null : [...present] });
      return answer.ok ? answer.value : null;
    },
  });
}
export const useBankFiles = (status: Status | undefined) => {
  const { data } = useWhole('bankFiles', status, () => terminal.bankFiles({}));
  return { data: data?.files };
};
