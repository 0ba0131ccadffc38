// One accent, neutral greys, compact; light and dark are equals. Component styles are written under the page's nonce.

import { theme as antd, type ThemeConfig } from 'antd';

export const nonce = document.querySelector('meta[name="custos-nonce"]')?.getAttribute('content') ?? '';

const fonts =
  'system-ui, -apple-system, "Segoe UI", "PingFang SC", "PingFang TC", "Hiragino Sans", "Microsoft YaHei", "Microsoft JhengHei", "Yu Gothic", "Noto Sans CJK SC", sans-serif';

export const themeOf = (mode: 'light' | 'dark'): ThemeConfig => ({
  algorithm: mode === 'dark' ? [antd.darkAlgorithm, antd.compactAlgorithm] : [antd.compactAlgorithm],
  token: {
    colorPrimary: mode === 'dark' ? '#7d9fd6' : '#1f3f77',
    colorLink: mode === 'dark' ? '#9db8e3' : '#1f3f77',
    colorTextPlaceholder: mode === 'dark' ? '#9a9a9a' : '#6b6b6b',
    borderRadius: 3,
    fontFamily: fonts,
    motion: false,
    ...(mode === 'dark' ? { colorTextLightSolid: '#10151f' } : {}),
  },
});

/** The component library writes style sheets as text: markup of any kind is refused. */
export function allowStyleText(): void {
  const types = (window as { trustedTypes?: { createPolicy(name: string, rules: object): void } }).trustedTypes;
  types?.createPolicy('default', {
    createHTML: (text: string) => (text.includes('<') ? null : text),
  });
}
