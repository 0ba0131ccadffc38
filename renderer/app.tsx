// Which of the three worlds a person is in: a new terminal, a locked one, or at work.

import { App as AntApp, Button, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import jaJP from 'antd/locale/ja_JP';
import zhCN from 'antd/locale/zh_CN';
import zhTW from 'antd/locale/zh_TW';
import { useEffect, useState } from 'react';
import { useSay } from './i18n/index.ts';
import { useStatus } from './queries.ts';
import { Shell } from './shell.tsx';
import { nonce, themeOf } from './theme.ts';
import { Enrol } from './unlock/enrol.tsx';
import { Lost } from './unlock/lost.tsx';
import { Unlock } from './unlock/unlock.tsx';

const antLocales = { en: enUS, 'zh-CN': zhCN, 'zh-TW': zhTW, ja: jaJP };
const palettes = {
  light: {
    ink: '#1b1f24',
    paper: '#ffffff',
    line: '#d5d9df',
    quiet: '#5b6470',
    accent: '#1f3f77',
    'on-accent': '#ffffff',
    marked: '#e8eef8',
  },
  dark: {
    ink: '#e6e9ee',
    paper: '#14181f',
    line: '#384150',
    quiet: '#a7b0bd',
    accent: '#7d9fd6',
    'on-accent': '#10151f',
    marked: '#22304a',
  },
} as const;

export type Mode = keyof typeof palettes;

export function App() {
  const { say, language } = useSay();
  const status = useStatus();
  const [mode, setMode] = useState<Mode>((localStorage.getItem('custos.theme') as Mode | null) ?? 'light');
  const [isClosed, setClosed] = useState(false);
  useEffect(() => {
    const close = () => setClosed(true);
    document.addEventListener('custos-closed', close);
    return () => document.removeEventListener('custos-closed', close);
  }, []);
  useEffect(() => {
    for (const [name, colour] of Object.entries(palettes[mode]))
      document.documentElement.style.setProperty(`--${name}`, colour);
    document.documentElement.style.colorScheme = mode;
    document.body.style.background = palettes[mode].paper;
    document.body.style.color = palettes[mode].ink;
    localStorage.setItem('custos.theme', mode);
  }, [mode]);
  const { data } = status;
  return (
    <ConfigProvider theme={themeOf(mode)} locale={antLocales[language]} csp={{ nonce }} componentSize="middle">
      <AntApp component={false}>
        {isClosed ? (
          <main className="alone" role="alert">
            <p>{say('app.closed')}</p>
            <Button type="primary" autoFocus onClick={() => location.reload()}>
              {say('app.connectAgain')}
            </Button>
          </main>
        ) : data === undefined ? (
          <main className="alone">
            <p>{say('app.connecting')}</p>
          </main>
        ) : data.phase === 'new' ? (
          <Enrol status={data} founding />
        ) : data.phase === 'lost' ? (
          <Lost status={data} />
        ) : data.phase === 'locked' ? (
          <Unlock status={data} />
        ) : (
          <Shell status={data} mode={mode} onMode={setMode} />
        )}
      </AntApp>
    </ConfigProvider>
  );
}
