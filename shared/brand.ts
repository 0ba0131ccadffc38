// A branded type is a plain value that was parsed at a door and may be trusted inside.

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
