export declare function withWholeLinks(text: string, of: { readonly version: string; readonly repository: string }): string
