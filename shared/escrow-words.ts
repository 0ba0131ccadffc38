// An escrow agreement in plain sentences, every way in which it can end included, in four languages written separately; and what
// is wrong with terms that fail their proof. What the sentences say is read off the terms and the proof, never typed by anybody.

import { assetByCode } from './asset.ts';
import type { Outcome, Party, Step, Terms } from './escrow.ts';
import type { Flaw, PathStep, Proof } from './escrow-proof.ts';
import { minorToDecimal } from './money.ts';
import { addDays, type Day } from './time.ts';

export const escrowLanguages = ['en', 'zh-CN', 'zh-TW', 'ja'] as const;
export type EscrowLanguage = (typeof escrowLanguages)[number];

/** One part of the paper: a heading and its sentences. */
export interface Paragraph {
  readonly heading: string;
  readonly sentences: readonly string[];
}

type End = 'refund' | 'release';
type DateName = 'adoption' | 'fundBy' | 'releaseFrom' | 'timeout' | 'dispute until' | 'limit';
type Condition = Terms['conditions'][number];

/** What one language says; amounts and days come as text. */
interface Words {
  readonly headings: Readonly<
    Record<'parties' | 'funding' | 'conditions' | 'release' | 'refund' | 'dispute' | 'timeout' | 'endings', string>
  >;
  readonly party: Readonly<Record<Party, string>>;
  readonly role: Readonly<Record<'compliance' | 'officer', string>>;
  readonly outcome: Readonly<Record<Outcome, string>>;
  readonly and: string;
  /** Between the steps of a path. */
  readonly next: string;
  readonly day: (on: Day) => string;
  readonly parties: (depositor: string, beneficiary: string, amount: string) => string;
  readonly held: string;
  readonly arbiter: (who: string) => string;
  readonly bankRole: (role: string) => string;
  readonly noArbiter: string;
  readonly funding: (by: string, from: string) => string;
  readonly noConditions: string;
  readonly condition: (one: Condition, by: string) => string;
  readonly releaseFrom: (on: string) => string;
  readonly tranche: (name: string, amount: string, to: string, needs: string | null) => string;
  readonly order: Readonly<Record<Terms['order'], string>>;
  readonly refund: (needs: string | null, depositor: string) => string;
  readonly noRefund: string;
  readonly dispute: (who: string, until: string) => string;
  readonly frozen: string;
  readonly ruling: (days: number, end: string) => string;
  readonly noDispute: string;
  readonly timeout: (on: string, end: string) => string;
  readonly end: (end: End, to: string) => string;
  readonly onlyWays: string;
  readonly ending: (outcome: string, path: string) => string;
  readonly endsBy: (on: string, states: number) => string;
  readonly step: (step: Step, on: string, amount: (minor: bigint) => string) => string;
  readonly flaw: (flaw: Flaw, amount: (minor: string) => string) => string;
  readonly path: (path: string) => string;
  readonly dates: Readonly<Record<DateName, string>>;
}

const en: Words = {
  headings: {
    ...{ parties: 'Who', funding: 'Paying in', conditions: 'What must be shown', release: 'Paying out' },
    ...{ refund: 'Going back early', dispute: 'If the parties disagree', timeout: 'If nothing happens' },
    endings: 'How it ends',
  },
  party: { depositor: 'depositor', beneficiary: 'beneficiary', arbiter: 'arbiter' },
  role: { compliance: 'compliance', officer: 'an officer' },
  outcome: {
    ...{ released: 'all of it is paid to the beneficiary', refunded: 'all of it goes back to the depositor' },
    ...{ split: 'each party gets a part', lapsed: 'nothing was paid in, and nothing is paid out' },
  },
  and: ' and ',
  next: ', then ',
  day(on) {
    const months = 'January February March April May June July August September October November December'.split(' ');
    return `${Number(on.slice(8))} ${months[Number(on.slice(5, 7)) - 1]} ${on.slice(0, 4)}`;
  },
  parties: (depositor, beneficiary, amount) =>
    `${depositor}, the depositor, pays ${amount} into escrow for ${beneficiary}, the beneficiary.`,
  held: 'Until it is paid out, the money lies at the depository, is owed to one of the two, and belongs to neither platform nor bank.',
  arbiter: (who) => `The arbiter is ${who}, who is never paid out of it.`,
  bankRole: (role) => `${role} of the depository bank`,
  noArbiter: 'There is no arbiter.',
  funding: (by, from) =>
    `The whole amount is paid in by ${by}. If it is not, the agreement lapses on ${from}, and nobody owes anything under it.`,
  noConditions: 'Nothing needs to be shown.',
  condition: ({ name, text, evidence }, by) =>
    evidence === 'approval'
      ? `${name}: “${text}”. The ${by} approves it.`
      : `${name}: “${text}”. The ${by} hands in the document.`,
  releaseFrom: (on) => `Nothing is paid out to the beneficiary before ${on}.`,
  tranche: (name, amount, to, needs) =>
    `${name}: ${amount} to ${to}${needs === null ? '.' : `, once ${needs} has been shown.`}`,
  order: {
    together: 'All of it is paid out at once or not at all.',
    'in order': 'The parts are paid out one after the other, in this order.',
    'any order': 'Each part is paid out for itself, in any order.',
  },
  refund: (needs, depositor) =>
    `${needs === null ? 'At any time' : `Once ${needs} has been shown`}, what is left may go back to ${depositor}.`,
  noRefund: 'Nothing goes back before its time is over.',
  dispute: (who, until) => `The ${who} may raise a dispute until the end of ${until}.`,
  frozen: 'From then on nothing moves until the arbiter has ruled how what is left is split between the two.',
  ruling: (days, end) => `If there is no ruling within ${days} day(s), ${end}.`,
  noDispute: 'Neither party can stop it by a dispute.',
  timeout: (on, end) => `On ${on} ${end}, whatever has been shown by then.`,
  end: (end, to) => (end === 'refund' ? `what is left goes back to ${to}` : `what is left is paid to ${to}`),
  onlyWays: 'Every path of this agreement has been walked. It can end in these ways and in no other:',
  ending: (outcome, path) => `${outcome} (for example: ${path}).`,
  endsBy: (on, states) =>
    `It has ended by ${on} at the latest. In each of its ${states} states what is paid out and what is left is what was paid in, and nobody but the two is paid.`,
  step(step, on, amount) {
    switch (step.type) {
      case 'fund':
        return `paid in on ${on}`;
      case 'fulfil':
        return `${step.condition} shown on ${on}`;
      case 'release':
        return step.tranche === null ? `all paid out on ${on}` : `${step.tranche} paid out on ${on}`;
      case 'refund':
        return `given back on ${on}`;
      case 'dispute':
        return `disputed by the ${step.by} on ${on}`;
      case 'rule':
        return `ruled on ${on}: ${amount(step.beneficiary)} of what is left to the beneficiary`;
      case 'expire':
        return `time over on ${on}`;
    }
  },
  flaw({ type, about }, amount) {
    const said: Readonly<Record<Flaw['type'], string>> = {
      parties: `Depositor, beneficiary and arbiter must be different accounts: ${about}.`,
      names:
        about === ''
          ? 'A condition or a tranche is named twice.'
          : `Condition ${about} is asked for and not described.`,
      dates: `The dates are not in order: ${about}.`,
      'no arbiter': 'A dispute can be raised, and nobody is named who would rule on it.',
      'no way out': 'The money could stay where it is for ever: from there nothing ends it.',
      'left over': `All is paid out, and ${amount(about)} is left that nobody gets.`,
      overpaid: `${amount(about)} more would be paid out than was paid in.`,
      'stranger paid': `Account ${about} would be paid and is not a party.`,
      'never paid': `No path pays out tranche ${about}.`,
      'never refunded': 'No path leads to the refund that is written down.',
      'too many paths': 'There are too many paths to walk them all: write it more simply.',
    };
    return said[type];
  },
  path: (path) => `The path that shows it: ${path}.`,
  dates: {
    ...{ adoption: 'adoption', fundBy: 'the last day for paying in', releaseFrom: 'the first day for paying out' },
    ...{ timeout: 'the end', 'dispute until': 'the last day for a dispute', limit: 'ten years from now' },
  },
};

const zhDay = (on: Day): string => `${on.slice(0, 4)}年${Number(on.slice(5, 7))}月${Number(on.slice(8))}日`;

const zhCN: Words = {
  headings: {
    ...{ parties: '当事人', funding: '缴存', conditions: '放款条件', release: '放款' },
    ...{ refund: '提前退款', dispute: '争议', timeout: '到期处理', endings: '终结方式' },
  },
  party: { depositor: '付款方', beneficiary: '收款方', arbiter: '裁决人' },
  role: { compliance: '合规岗', officer: '主管' },
  outcome: {
    ...{ released: '全部付给收款方', refunded: '全部退还付款方' },
    ...{ split: '双方各得一部分', lapsed: '未缴存，亦无须支付' },
  },
  and: '、',
  next: '，之后',
  day: zhDay,
  parties: (depositor, beneficiary, amount) => `付款方 ${depositor} 将 ${amount} 缴存托管，收款方为 ${beneficiary}。`,
  held: '放款之前，款项存于存管银行，归双方之一所有，不属于平台，也不属于银行。',
  arbiter: (who) => `裁决人为${who}，不得从中获得任何款项。`,
  bankRole: (role) => `存管银行${role}`,
  noArbiter: '未设裁决人。',
  funding: (by, from) => `须于 ${by} 前（含当日）一次缴足；逾期未缴，协议自 ${from} 起失效，双方互不负责。`,
  noConditions: '无须证明任何条件。',
  condition: ({ name, text, evidence }, by) =>
    evidence === 'approval' ? `${name}：“${text}”，由${by}同意。` : `${name}：“${text}”，由${by}提交文件。`,
  releaseFrom: (on) => `${on} 之前不放款。`,
  tranche: (name, amount, to, needs) =>
    needs === null ? `${name}：${amount} 付给 ${to}。` : `${name}：${needs} 满足后，${amount} 付给 ${to}。`,
  order: {
    together: '全部款项一次放款，不得分次。',
    'in order': '各笔按上列顺序依次放款。',
    'any order': '各笔分别放款，不分先后。',
  },
  refund: (needs, depositor) => `${needs === null ? '任何时候' : `${needs} 满足后`}，余款可退还 ${depositor}。`,
  noRefund: '到期前不予退款。',
  dispute: (who, until) => `${who}可于 ${until} 前（含当日）提出争议。`,
  frozen: '提出争议后，款项一律不动，直至裁决人裁定余款如何分配。',
  ruling: (days, end) => `${days} 日内未作裁决的，${end}。`,
  noDispute: '双方均不得以争议中止本协议。',
  timeout: (on, end) => `到 ${on}，无论条件是否满足，${end}。`,
  end: (end, to) => (end === 'refund' ? `余款退还 ${to}` : `余款付给 ${to}`),
  onlyWays: '本协议的每一条路径均已逐一走遍，只可能以下列方式终结：',
  ending: (outcome, path) => `${outcome}（例如：${path}）。`,
  endsBy: (on, states) =>
    `最迟于 ${on} 终结。全部 ${states} 种状态下，已付与余款之和均等于缴存金额，且除双方外无人收款。`,
  step(step, on, amount) {
    switch (step.type) {
      case 'fund':
        return `${on} 缴存`;
      case 'fulfil':
        return `${on} 满足 ${step.condition}`;
      case 'release':
        return step.tranche === null ? `${on} 全部放款` : `${on} 放款 ${step.tranche}`;
      case 'refund':
        return `${on} 退款`;
      case 'dispute':
        return `${on} ${zhCN.party[step.by]}提出争议`;
      case 'rule':
        return `${on} 裁决余款中 ${amount(step.beneficiary)} 付给收款方`;
      case 'expire':
        return `${on} 到期`;
    }
  },
  flaw({ type, about }, amount) {
    const said: Readonly<Record<Flaw['type'], string>> = {
      parties: `付款方、收款方与裁决人须为不同账户：${about}。`,
      names: about === '' ? '条件或分笔名称重复。' : `引用的条件 ${about} 未作说明。`,
      dates: `日期先后有误：${about}。`,
      'no arbiter': '可提出争议，却未指定裁决人。',
      'no way out': '款项可能永远滞留：到此之后没有任何终结方式。',
      'left over': `全部放款后仍余 ${amount(about)}，无人可得。`,
      overpaid: `放款将比缴存多出 ${amount(about)}。`,
      'stranger paid': `账户 ${about} 不是当事人，却会收到款项。`,
      'never paid': `没有任何路径可以放款 ${about}。`,
      'never refunded': '没有任何路径可以走到所写的退款。',
      'too many paths': '路径过多，无法逐一走遍，请简化条款。',
    };
    return said[type];
  },
  path: (path) => `示例路径：${path}。`,
  dates: {
    ...{ adoption: '生效日', fundBy: '缴存截止日', releaseFrom: '放款起始日', timeout: '到期日' },
    ...{ 'dispute until': '争议截止日', limit: '十年期限' },
  },
};

const zhTW: Words = {
  headings: {
    ...{ parties: '當事人', funding: '存入', conditions: '撥款條件', release: '撥款' },
    ...{ refund: '提前返還', dispute: '爭議', timeout: '屆期處理', endings: '終結方式' },
  },
  party: { depositor: '存入人', beneficiary: '受款人', arbiter: '裁決人' },
  role: { compliance: '法遵人員', officer: '主管' },
  outcome: {
    ...{ released: '全數撥付受款人', refunded: '全數返還存入人' },
    ...{ split: '雙方各得一部分', lapsed: '未曾存入，亦無須支付' },
  },
  and: '、',
  next: '，其後',
  day: zhDay,
  parties: (depositor, beneficiary, amount) =>
    `存入人 ${depositor} 將 ${amount} 存入履約保管，受款人為 ${beneficiary}。`,
  held: '撥款之前，款項存放於存管銀行，屬於雙方其中一方，不屬於平台，亦不屬於銀行。',
  arbiter: (who) => `裁決人為${who}，不得自其中受領任何款項。`,
  bankRole: (role) => `存管銀行${role}`,
  noArbiter: '未設裁決人。',
  funding: (by, from) => `應於 ${by} 以前（含當日）一次存足；屆期未存入者，契約自 ${from} 起失效，雙方互不負責。`,
  noConditions: '無須證明任何條件。',
  condition: ({ name, text, evidence }, by) =>
    evidence === 'approval' ? `${name}：「${text}」，由${by}同意。` : `${name}：「${text}」，由${by}提出文件。`,
  releaseFrom: (on) => `${on} 以前不撥款。`,
  tranche: (name, amount, to, needs) =>
    needs === null ? `${name}：${amount} 撥付 ${to}。` : `${name}：${needs} 成就後，${amount} 撥付 ${to}。`,
  order: {
    together: '全部款項一次撥付，不得分次。',
    'in order': '各期款項依上列順序撥付。',
    'any order': '各期款項分別撥付，不分先後。',
  },
  refund: (needs, depositor) => `${needs === null ? '任何時候' : `${needs} 成就後`}，餘款得返還 ${depositor}。`,
  noRefund: '屆期以前不予返還。',
  dispute: (who, until) => `${who}得於 ${until} 以前（含當日）提出爭議。`,
  frozen: '提出爭議後，款項一律不得動支，至裁決人裁定餘款如何分配為止。',
  ruling: (days, end) => `${days} 日內未為裁決者，${end}。`,
  noDispute: '雙方均不得以爭議中止本契約。',
  timeout: (on, end) => `至 ${on}，不論條件是否成就，${end}。`,
  end: (end, to) => (end === 'refund' ? `餘款返還 ${to}` : `餘款撥付 ${to}`),
  onlyWays: '本契約的每一條路徑均已逐一驗證，僅可能以下列方式終結：',
  ending: (outcome, path) => `${outcome}（例如：${path}）。`,
  endsBy: (on, states) =>
    `最遲於 ${on} 終結。全部 ${states} 種狀態下，已付與餘款之和均等於存入金額，且除雙方外無人受款。`,
  step(step, on, amount) {
    switch (step.type) {
      case 'fund':
        return `${on} 存入`;
      case 'fulfil':
        return `${on} ${step.condition} 成就`;
      case 'release':
        return step.tranche === null ? `${on} 全數撥款` : `${on} 撥付 ${step.tranche}`;
      case 'refund':
        return `${on} 返還`;
      case 'dispute':
        return `${on} ${zhTW.party[step.by]}提出爭議`;
      case 'rule':
        return `${on} 裁決餘款中 ${amount(step.beneficiary)} 撥付受款人`;
      case 'expire':
        return `${on} 屆期`;
    }
  },
  flaw({ type, about }, amount) {
    const said: Readonly<Record<Flaw['type'], string>> = {
      parties: `存入人、受款人與裁決人須為不同帳戶：${about}。`,
      names: about === '' ? '條件或分期名稱重複。' : `所引條件 ${about} 未經說明。`,
      dates: `日期先後有誤：${about}。`,
      'no arbiter': '得提出爭議，卻未指定裁決人。',
      'no way out': '款項可能永遠滯留：至此之後沒有任何終結方式。',
      'left over': `全數撥款後尚餘 ${amount(about)}，無人可得。`,
      overpaid: `撥款將較存入多出 ${amount(about)}。`,
      'stranger paid': `帳戶 ${about} 並非當事人，卻將受款。`,
      'never paid': `沒有任何路徑可撥付 ${about}。`,
      'never refunded': '沒有任何路徑可達所載之返還。',
      'too many paths': '路徑過多，無法逐一驗證，請簡化條款。',
    };
    return said[type];
  },
  path: (path) => `可見之路徑：${path}。`,
  dates: {
    ...{ adoption: '生效日', fundBy: '存入期限', releaseFrom: '撥款起始日', timeout: '屆期日' },
    ...{ 'dispute until': '爭議期限', limit: '十年期限' },
  },
};

const ja: Words = {
  headings: {
    ...{ parties: '当事者', funding: '払込み', conditions: '確認すべき条件', release: '支払い' },
    ...{ refund: '期限前の返金', dispute: '紛争', timeout: '期限の到来', endings: '終わり方' },
  },
  party: { depositor: '預託者', beneficiary: '受益者', arbiter: '裁定者' },
  role: { compliance: 'コンプライアンス担当', officer: '管理責任者' },
  outcome: {
    ...{ released: '全額が受益者に支払われる', refunded: '全額が預託者に返金される' },
    ...{ split: '双方が一部ずつ受け取る', lapsed: '払込みがなく、支払いもない' },
  },
  and: 'と',
  next: '、その後',
  day: zhDay,
  parties: (depositor, beneficiary, amount) =>
    `預託者 ${depositor} は、受益者 ${beneficiary} のために ${amount} をエスクローに払い込みます。`,
  held: '支払われるまで、資金は保管銀行にあり、双方のいずれかに帰属します。プラットフォームのものでも銀行のものでもありません。',
  arbiter: (who) => `裁定者は${who}です。裁定者がこの資金を受け取ることはありません。`,
  bankRole: (role) => `保管銀行の${role}`,
  noArbiter: '裁定者は置きません。',
  funding: (by, from) =>
    `${by}までに全額を払い込みます。払込みがないときは${from}に本契約は失効し、双方に義務は残りません。`,
  noConditions: '確認すべき条件はありません。',
  condition: ({ name, text, evidence }, by) =>
    evidence === 'approval'
      ? `${name}：「${text}」。${by}が承認します。`
      : `${name}：「${text}」。${by}が書類を提出します。`,
  releaseFrom: (on) => `${on}より前に支払うことはありません。`,
  tranche: (name, amount, to, needs) =>
    needs === null
      ? `${name}：${amount} を ${to} に支払います。`
      : `${name}：${needs}の確認後、${amount} を ${to} に支払います。`,
  order: {
    together: '全額を一度に支払い、分割はしません。',
    'in order': '各回分を上記の順に支払います。',
    'any order': '各回分をそれぞれ支払い、順序は問いません。',
  },
  refund: (needs, depositor) =>
    `${needs === null ? 'いつでも' : `${needs}の確認後`}、残額を ${depositor} に返金できます。`,
  noRefund: '期限前の返金はありません。',
  dispute: (who, until) => `${who}は、${until}まで（当日を含む）紛争を申し立てることができます。`,
  frozen: '申立て後は、裁定者が残額の分け方を裁定するまで、資金は一切動きません。',
  ruling: (days, end) => `${days}日以内に裁定がないときは、${end}。`,
  noDispute: 'いずれの当事者も、紛争によって本契約を止めることはできません。',
  timeout: (on, end) => `${on}に、条件の確認の有無にかかわらず、${end}。`,
  end: (end, to) => (end === 'refund' ? `残額は ${to} に返金されます` : `残額は ${to} に支払われます`),
  onlyWays: '本契約のすべての経路を検証しました。終わり方は次のものに限られます。',
  ending: (outcome, path) => `${outcome}（例：${path}）。`,
  endsBy: (on, states) =>
    `遅くとも${on}に終了します。${states}通りの状態のすべてで、支払額と残額の合計は払込額に等しく、双方以外に支払われることはありません。`,
  step(step, on, amount) {
    switch (step.type) {
      case 'fund':
        return `${on}に払込み`;
      case 'fulfil':
        return `${on}に ${step.condition} を確認`;
      case 'release':
        return step.tranche === null ? `${on}に全額を支払い` : `${on}に ${step.tranche} を支払い`;
      case 'refund':
        return `${on}に返金`;
      case 'dispute':
        return `${on}に${ja.party[step.by]}が紛争を申立て`;
      case 'rule':
        return `${on}に残額のうち ${amount(step.beneficiary)} を受益者へと裁定`;
      case 'expire':
        return `${on}に期限到来`;
    }
  },
  flaw({ type, about }, amount) {
    const said: Readonly<Record<Flaw['type'], string>> = {
      parties: `預託者・受益者・裁定者は別々の口座でなければなりません：${about}。`,
      names: about === '' ? '条件または分割の名称が重複しています。' : `条件 ${about} が説明されていません。`,
      dates: `日付の前後が正しくありません：${about}。`,
      'no arbiter': '紛争を申し立てられるのに、裁定者が定められていません。',
      'no way out': '資金が永久に留まるおそれがあります。その先に終わり方がありません。',
      'left over': `すべて支払った後に ${amount(about)} が残り、受け取る者がいません。`,
      overpaid: `払込額より ${amount(about)} 多く支払われることになります。`,
      'stranger paid': `口座 ${about} は当事者ではないのに支払いを受けます。`,
      'never paid': `${about} を支払う経路がありません。`,
      'never refunded': '定められた返金に至る経路がありません。',
      'too many paths': '経路が多すぎて検証しきれません。条項を簡素にしてください。',
    };
    return said[type];
  },
  path: (path) => `それを示す経路：${path}。`,
  dates: {
    ...{ adoption: '発効日', fundBy: '払込期限', releaseFrom: '支払開始日', timeout: '期限到来日' },
    ...{ 'dispute until': '紛争申立期限', limit: '十年の上限' },
  },
};

const words: Readonly<Record<EscrowLanguage, Words>> = { en, 'zh-CN': zhCN, 'zh-TW': zhTW, ja };

/** Minor units with their asset, grouped in threes as all four languages write figures. */
function amountOf(code: string, minor: bigint): string {
  const asset = assetByCode(code);
  const [whole = '', ...rest] = (asset === undefined ? minor.toString() : minorToDecimal(minor, asset)).split('.');
  return `${code} ${[whole.replace(/\B(?=(\d{3})+$)/g, ','), ...rest].join('.')}`;
}

/** The whole agreement; `nameOf` says an account as the reader knows it. */
export function describeTerms(
  terms: Terms,
  proof: Proof,
  language: EscrowLanguage,
  nameOf: (account: string) => string = (account) => account,
): Paragraph[] {
  const say = words[language];
  const { headings, day } = say;
  const [depositor, beneficiary] = [nameOf(terms.depositor), nameOf(terms.beneficiary)];
  const amount = (minor: string): string => amountOf(terms.asset, BigInt(minor));
  const needs = (names: readonly string[]): string | null => (names.length === 0 ? null : names.join(say.and));
  const end = (one: End): string => say.end(one, one === 'refund' ? depositor : beneficiary);
  const { arbiter, dispute, timeout, refund } = terms;
  const ruler =
    arbiter === null ? null : 'role' in arbiter ? say.bankRole(say.role[arbiter.role]) : nameOf(arbiter.account);
  return [
    {
      heading: headings.parties,
      sentences: [
        say.parties(depositor, beneficiary, amount(terms.amount)),
        say.held,
        ruler === null ? say.noArbiter : say.arbiter(ruler),
      ],
    },
    { heading: headings.funding, sentences: [say.funding(day(terms.fundBy), day(addDays(terms.fundBy, 1)))] },
    {
      heading: headings.conditions,
      sentences:
        terms.conditions.length === 0
          ? [say.noConditions]
          : terms.conditions.map((one) => say.condition(one, say.party[one.by])),
    },
    {
      heading: headings.release,
      sentences: [
        say.releaseFrom(day(terms.releaseFrom)),
        ...terms.tranches.map((one) => say.tranche(one.name, amount(one.amount), nameOf(one.to), needs(one.needs))),
        ...(terms.tranches.length > 1 ? [say.order[terms.order]] : []),
      ],
    },
    {
      heading: headings.refund,
      sentences: [refund === null ? say.noRefund : say.refund(needs(refund.needs), depositor)],
    },
    {
      heading: headings.dispute,
      sentences:
        dispute === null
          ? [say.noDispute]
          : [
              say.dispute(dispute.by.map((one) => say.party[one]).join(say.and), day(dispute.until)),
              say.frozen,
              ...(dispute.ruling === null ? [] : [say.ruling(dispute.ruling.days, end(dispute.ruling.otherwise))]),
            ],
    },
    {
      heading: headings.timeout,
      sentences: timeout === null ? [] : [say.timeout(day(timeout.on), end(timeout.otherwise))],
    },
    {
      heading: headings.endings,
      sentences: [
        say.onlyWays,
        ...proof.endings.map(({ outcome, path }) => say.ending(say.outcome[outcome], sayPath(terms, path, language))),
        say.endsBy(day(proof.endsBy), proof.states),
      ],
    },
  ];
}

/** The steps of a path, one after the other. */
export function sayPath(terms: Terms, path: readonly PathStep[], language: EscrowLanguage): string {
  const { step, day, next } = words[language];
  const amount = (minor: bigint): string => amountOf(terms.asset, minor);
  return path.map((one) => step(one.step, day(one.on), amount)).join(next);
}

/** Why terms cannot be adopted, with the path that shows it where there is one. */
export function sayFlaw(terms: Terms, flaw: Flaw, language: EscrowLanguage): string {
  const { flaw: say, path } = words[language];
  const { dates } = words[language];
  const about =
    flaw.type === 'dates'
      ? flaw.about
          .split(' > ')
          .map((one) => dates[one as DateName])
          .join(' > ')
      : flaw.about;
  const why = say({ ...flaw, about }, (minor) => (/^\d+$/.test(minor) ? amountOf(terms.asset, BigInt(minor)) : minor));
  return flaw.path.length === 0 ? why : `${why} ${path(sayPath(terms, flaw.path, language))}`;
}

export const sayOutcome = (outcome: Outcome, language: EscrowLanguage): string => words[language].outcome[outcome];
