// holdfast keys cbom: algorithms and keys of this installation as a cryptographic bill of materials, CycloneDX 1.6.
import { inventoryOf } from '#server'
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print } from '../output.ts'

interface Component {
  readonly name: string
  readonly cryptoProperties: {
    readonly assetType: string
    readonly relatedCryptoMaterialProperties?: {
      readonly state: string
      readonly algorithmRef: string
      readonly creationDate?: string
    }
    readonly certificateProperties?: { readonly signatureAlgorithmRef: string; readonly notValidAfter: string }
  }
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

export const run = (args: Arguments): Promise<void> =>
  inHouse(args, async (house) => {
    const inventory = await inventoryOf(house)
    const components = inventory['components'] as unknown as readonly Component[]
    const use = ({ properties }: Component): string | undefined =>
      properties?.find(({ name }) => name === 'holdfast:use')?.value
    const named = (wanted: string): string =>
      components
        .filter((component) => use(component) === wanted)
        .map(({ name }) => name)
        .join(', ')
    print(args, inventory, [
      `in use: ${named('in use')}`,
      `offered: ${named('offered')}`,
      `read in old data and never written, without authentication: ${named('decrypt-only')}`,
      ...components.flatMap(({ name, cryptoProperties: { relatedCryptoMaterialProperties: key } }) =>
        key
          ? [
              `${name}: ${key.state}, ${key.algorithmRef.replace('algorithm/', '')}${key.creationDate === undefined ? '' : `, since ${key.creationDate.slice(0, 10)}`}`,
            ]
          : [],
      ),
      ...components.flatMap(({ name, cryptoProperties: { certificateProperties: of }, properties }) =>
        of
          ? [
              `certificate ${name} (${(properties ?? []).flatMap((one) => (one.name === 'holdfast:for' ? [one.value] : [])).join('; ')}): ${of.signatureAlgorithmRef.replace('algorithm/', '')}, ends ${of.notValidAfter.slice(0, 10)}`,
            ]
          : [],
      ),
    ])
  })
