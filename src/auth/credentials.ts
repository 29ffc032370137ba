/** Where a credential was read from; messages name it. */
export type CredentialSource = 'inputs' | 'environment'

export type Credentials =
  | {
      readonly kind: 'key-pair'
      readonly keyId: string
      readonly keySecret: string
      readonly source: CredentialSource
    }
  | { readonly kind: 'token'; readonly token: string; readonly source: CredentialSource }
