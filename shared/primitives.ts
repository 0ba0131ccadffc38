// The cryptographic primitives the pure core needs, handed in as an argument so that shared/ stays free of any platform.

export interface Primitives {
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  readonly sha256: Hash;
  /** SHA-256 over what comes in pieces. */
  sha256Stream(): HashStream;
  /** ECDSA P-256 with SHA-256, DER signature. `publicKey` is base64url of the 65-byte uncompressed point (SEC 1). */
  verifyEs256(publicKey: string, message: Uint8Array, signature: Uint8Array): boolean;
  /** Ed25519 (RFC 8032). `publicKey` is base64url of the 32 raw bytes. */
  verifyEd25519(publicKey: string, message: Uint8Array, signature: Uint8Array): boolean;
}

export interface HashStream {
  add(data: Uint8Array): void;
  /** Over everything added so far; more may follow. */
  digest(): Uint8Array;
}

export interface Hash {
  (data: Uint8Array): Uint8Array;
  /** The same 32 bytes written to `out` at `at`: where millions are made, an object for each costs more than the hash. */
  readonly into?: (data: Uint8Array, out: Uint8Array, at: number) => void;
}
