// The screen's beginning: style text is admitted, languages are loaded, and the terminal is opened before anything is drawn.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { HashRouter } from 'react-router';
import './strict.ts';
import './style.css';
import { allowStyleText } from './theme.ts';

allowStyleText();
const { App } = await import('./app.tsx');

const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false, staleTime: 0 } },
});
const root = document.getElementById('root');
if (root === null) throw new Error('the page has its root');
createRoot(root).render(
  <QueryClientProvider client={queries}>
    <HashRouter>
      <App />
    </HashRouter>
  </QueryClientProvider>,
);
