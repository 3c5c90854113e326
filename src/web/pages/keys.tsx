// Keys and the data map: where the root key lives, which epochs there are, and how every field is kept and can be found.
import { LockFilled } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Segmented, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { get } from '../api.ts'
import type { KeysAnswer } from '../contract.ts'
import { instant, whole } from '../format.ts'
import { Failure } from '../parts/failure.tsx'
import { OldKeys } from '../parts/old-keys.tsx'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useCatalogue } from '../session.ts'
import { textOr, useText } from '../text.ts'
import '../style/journal.css'
import '../style/table.css'
import '../style/value.css'

export default function Keys(): ReactElement {
  const { t } = useText()
  const answer = useQuery({ queryKey: ['keys'], queryFn: () => get<KeysAnswer>('/api/keys') })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  return (
    <>
      <PageHead title={t('keys.title')} about={t('keys.about')} />
      <div className="stack">
        <Tree keys={answer.data} />
        <OldKeys />
        <DataMap keys={answer.data} />
      </div>
    </>
  )
}

const Tree = ({ keys }: { keys: KeysAnswer }): ReactElement => {
  const { t, language } = useText()
  return (
    <Panel title={t('keys.tree')} flush data-testid="keys-tree">
      <div className="card-body">
        <dl className="facts">
          <div>
            <dt>{t('keys.root')}</dt>
            <dd>{textOr(`keys.provider.${keys.root.provider}`, keys.root.provider)}</dd>
          </div>
          <div>
            <dt>{t('keys.fingerprint')}</dt>
            <dd className="mono break">{keys.root.fingerprint}</dd>
          </div>
        </dl>
      </div>
      <div className="table-box">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('keys.epoch')}</th>
              <th scope="col">{t('keys.state')}</th>
              <th scope="col">{t('keys.suite')}</th>
              <th scope="col">{t('keys.created')}</th>
              <th scope="col" className="number">
                {t('keys.subjects')}
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.epochs.map((epoch) => (
              <tr key={epoch.epoch}>
                <td>{epoch.epoch}</td>
                <td>
                  <span className="state" data-state={epoch.state}>
                    {textOr(`keys.epochState.${epoch.state}`, epoch.state)}
                  </span>
                </td>
                <td>{epoch.suite}</td>
                <td>{instant(epoch.createdAt, language)}</td>
                <td className="number">{whole(epoch.subjectKeys, language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

type Kind = 'all' | 'sealed' | 'plain'

const DataMap = ({ keys }: { keys: KeysAnswer }): ReactElement => {
  const { t, both } = useText()
  const types = useCatalogue()
  const [type, setType] = useState<string | null>(null)
  const [kind, setKind] = useState<Kind>('all')
  const shown = keys.fields.filter(
    (field) => (type === null || field.type === type) && (kind === 'all' || field.storage === kind),
  )
  const nameOf = (name: string): string => {
    const found = types.find((each) => each.name === name)
    return found ? both(found.label) : name
  }
  return (
    <Panel
      flush
      title={t('keys.map')}
      data-testid="keys-map"
      extra={
        <>
          <Select<string>
            allowClear
            style={{ width: 150 }}
            value={type}
            placeholder={t('journal.anyType')}
            aria-label={t('journal.onWhat')}
            options={[...new Set(keys.fields.map((field) => field.type))].map((name) => ({
              value: name,
              label: nameOf(name),
            }))}
            onChange={(value: string | undefined) => setType(value ?? null)}
          />
          <Segmented<Kind>
            value={kind}
            onChange={setKind}
            options={[
              { value: 'all', label: t('common.all') },
              { value: 'sealed', label: t('keys.sealed') },
              { value: 'plain', label: t('keys.plain') },
            ]}
          />
        </>
      }
    >
      <div className="table-box">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('keys.type')}</th>
              <th scope="col">{t('keys.field')}</th>
              <th scope="col">{t('keys.class')}</th>
              <th scope="col">{t('keys.group')}</th>
              <th scope="col">{t('keys.storage')}</th>
              <th scope="col">{t('keys.search')}</th>
              <th scope="col">{t('keys.leaks')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((field) => (
              <tr key={`${field.type}.${field.field}`}>
                <td className="quiet">{nameOf(field.type)}</td>
                <td>{both(field.label)}</td>
                <td>{textOr(`dataClass.${field.dataClass}`, field.dataClass)}</td>
                <td className="quiet">{textOr(`group.${field.group}`, field.group)}</td>
                <td>
                  {field.storage === 'sealed' ? (
                    <>
                      {t('keys.sealed')}
                      <span className="lock" data-class={field.dataClass} aria-hidden="true">
                        <LockFilled />
                      </span>
                    </>
                  ) : (
                    <span className="quiet">{t('keys.plain')}</span>
                  )}
                </td>
                <td>
                  {field.search.map((mode) => textOr(`lock.search.${mode}`, mode)).join(t('common.listComma')) || '—'}
                </td>
                <td className="wrap quiet small">{both(field.leaks)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
