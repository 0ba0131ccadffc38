// The four globals that every JavaScript runtime has and that the ES library types leave out. Nothing else of a platform
// may be used in shared/: no clock, no randomness, no I/O.
declare class TextEncoder {
  encode(text: string): Uint8Array;
  encodeInto(text: string, room: Uint8Array): { readonly read: number; readonly written: number };
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array, options?: { stream?: boolean }): string;
}
declare function atob(base64: string): string;
declare function btoa(binary: string): string;
