// The one address of the packaged screens. It never leaves this machine: the app answers it itself. A bank builds with a host
// name of a domain it owns and uses for nothing else, as whoever serves this origin could ask for the same credentials.

export const appHost = 'terminal.custos.example';
export const appOrigin = `https://${appHost}`;

/** Persistent, so that platform authenticators keep their credentials; named, so that nothing else shares it. */
export const partition = 'persist:custos';

/** The two message names that ever pass between page, preload and main process. */
export const openTerminalChannel = 'custos-open-terminal';
export const portChannel = 'custos-port';
