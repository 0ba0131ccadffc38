/** What electron-builder hands to the hook, as far as it is used. */
interface PackContext {
  readonly appOutDir: string;
  readonly electronPlatformName: string;
  readonly packager: { readonly appInfo: { readonly productFilename: string }; readonly executableName?: string };
}
export declare const fuses: Readonly<Record<string | number, boolean | string>>;
export declare function binaryOf(context: PackContext): string;
export declare function resourcesOf(context: PackContext): string;
export declare function listNatives(resources: string): Readonly<Record<string, string>>;
export default function afterPack(context: PackContext): Promise<void>;
