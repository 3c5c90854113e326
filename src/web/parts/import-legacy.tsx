// Columns of a file that an old system encrypted: which they are, by which cipher, and the old key, given for this one run.
import { Alert, Input, Select } from 'antd'
import type { ReactElement } from 'react'
import type { ImportPreview, LegacyColumns, LegacyColumnWish, LegacyRead } from '../contract.ts'
import { whole } from '../format.ts'
import { useText } from '../text.ts'

/** What the form holds; no column means that the file has none. */
export interface OldCipher extends Omit<LegacyColumns, 'columns'> {
  readonly places: readonly number[]
  /** Said once for all columns: one system encrypted them one way. */
  readonly wish: LegacyColumnWish
}

export const noOldCipher: OldCipher = {
  places: [],
  key: '',
  keyEncoding: 'text',
  derive: 'raw',
  wish: { cipher: 'aes-128', mode: 'ecb', iv: 'none', padding: 'pkcs7', encoding: 'base64', charset: 'utf-8' },
}

/** What is sent: undefined where nothing is encrypted, null while something is missing. */
export const legacyOf = ({ places, wish, ...rest }: OldCipher): LegacyColumns | undefined | null => {
  if (places.length === 0) return undefined
  const missing =
    rest.key === '' ||
    (wish.iv === 'hex' && !/^([0-9a-f]{2})+$/i.test(wish.ivHex ?? '')) ||
    (wish.iv === 'column' && wish.ivColumn === undefined)
  return missing ? null : { ...rest, columns: Object.fromEntries(places.map((place) => [String(place), wish])) }
}

const ciphers = ['aes-128', 'aes-192', 'aes-256', '3des', 'des'] as const
const initial = ['zero', 'prefix', 'hex', 'column'] as const

export const ImportLegacy = ({
  columns,
  value,
  change,
}: {
  columns: ImportPreview['columns']
  value: OldCipher
  change: (value: OldCipher) => void
}): ReactElement => {
  const { t } = useText()
  const { wish } = value
  const places = columns.map(({ index, heading }) => ({
    value: index,
    label: heading === '' ? t('import.noHeading', { number: index + 1 }) : heading,
  }))
  const set = (part: Partial<LegacyColumnWish>): void => change({ ...value, wish: { ...wish, ...part } })
  // An iv goes with its mode: the other mode's is refused.
  const setMode = (mode: LegacyColumnWish['mode']): void => set({ mode, iv: mode === 'ecb' ? 'none' : 'prefix' })
  const pick = <T extends string>(
    name: string,
    chosen: T,
    choices: readonly { readonly value: T; readonly label: string }[],
    chose: (value: T) => void,
  ): ReactElement => (
    <label>
      <span>{t(`import.legacy.${name}`)}</span>
      <Select<T> value={chosen} options={[...choices]} onChange={chose} data-testid={`legacy-${name}`} />
    </label>
  )
  const upper = <T extends string>(...names: readonly T[]): { value: T; label: string }[] =>
    names.map((name) => ({ value: name, label: name.toUpperCase() }))
  const said = <T extends string>(of: string, ...names: readonly T[]): { value: T; label: string }[] =>
    names.map((name) => ({ value: name, label: t(`import.legacy.${of}Is.${name}`) }))
  return (
    <details className="import-legacy" data-testid="import-legacy">
      <summary>{t('import.legacy.title')}</summary>
      <div className="stack">
        <p className="quiet">{t('import.legacy.about')}</p>
        <label className="import-legacy-columns">
          <span>{t('import.legacy.columns')}</span>
          <Select<number[]>
            mode="multiple"
            value={[...value.places]}
            options={places}
            onChange={(chosen) => change({ ...value, places: chosen })}
            data-testid="legacy-columns"
          />
        </label>
        {value.places.length === 0 ? null : (
          <>
            <div className="import-choices">
              {pick('cipher', wish.cipher, upper(...ciphers), (cipher) => set({ cipher }))}
              {pick('mode', wish.mode, upper('ecb', 'cbc'), setMode)}
              {wish.mode === 'cbc' ? pick('iv', wish.iv, said('iv', ...initial), (iv) => set({ iv })) : null}
              {wish.iv === 'hex' ? (
                <label>
                  <span>{t('import.legacy.ivHex')}</span>
                  <Input
                    className="mono"
                    value={wish.ivHex ?? ''}
                    maxLength={32}
                    onChange={(event) => set({ ivHex: event.target.value.trim() })}
                  />
                </label>
              ) : null}
              {wish.iv === 'column' ? (
                <label>
                  <span>{t('import.legacy.ivColumn')}</span>
                  <Select<number>
                    value={wish.ivColumn ?? null}
                    options={places}
                    onChange={(ivColumn) => set({ ivColumn })}
                  />
                </label>
              ) : null}
              {pick('padding', wish.padding, said('padding', 'pkcs7', 'zero', 'none'), (padding) => set({ padding }))}
              {pick('encoding', wish.encoding, said('written', 'hex', 'base64'), (encoding) => set({ encoding }))}
              {pick('charset', wish.charset, upper('utf-8', 'gb18030'), (charset) => set({ charset }))}
            </div>
            <div className="import-choices">
              <label>
                <span>{t('import.legacy.key')}</span>
                <Input.Password
                  value={value.key}
                  maxLength={512}
                  autoComplete="off"
                  onChange={(event) => change({ ...value, key: event.target.value })}
                  data-testid="legacy-key"
                />
              </label>
              {pick('keyEncoding', value.keyEncoding, said('written', 'text', 'hex', 'base64'), (keyEncoding) =>
                change({ ...value, keyEncoding }),
              )}
              {pick('derive', value.derive, said('derive', 'raw', 'mysql'), (derive) => change({ ...value, derive }))}
            </div>
            <Alert type="warning" showIcon title={t('import.legacy.unproven')} />
          </>
        )}
      </div>
    </details>
  )
}

/** What to do now that the old data is here. */
export const LegacyDone = ({ read }: { read: LegacyRead }): ReactElement => {
  const { t, language } = useText()
  return (
    <Alert
      type="warning"
      showIcon
      title={t('import.legacy.done', {
        ciphers: read.ciphers.join(t('common.listComma')).toUpperCase(),
        key: read.keyFingerprint,
        blocks: whole(read.blocks, language),
      })}
      {...(read.pastBirthday ? { description: t('import.legacy.pastBirthday') } : {})}
      data-testid="import-legacy-done"
    />
  )
}
