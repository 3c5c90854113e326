// The records of one kind as a backup held them, a page after another, each with what has become of it.
import { useInfiniteQuery } from '@tanstack/react-query'
import { Button, Segmented, Switch } from 'antd'
import { useState, type ReactElement } from 'react'
import { get } from '../api.ts'
import type { BrowseAnswer, BrowsePage, BrowseSince } from '../contract.ts'
import { instant } from '../format.ts'
import { useWorkedWith } from '../session.ts'
import { useText } from '../text.ts'
import { titleOf } from '../titles.ts'
import { Failure } from './failure.tsx'
import { Panel } from './page-head.tsx'
import { LinkTitle } from './value.tsx'
import { Waiting } from './waiting.tsx'

interface Props {
  readonly browsing: BrowseAnswer
  readonly plural: string
  readonly choose: (plural: string) => void
  readonly look: (id: string) => void
}

export const BrowseList = ({ browsing, plural, choose, look }: Props): ReactElement => {
  const { t, both } = useText()
  const types = useWorkedWith()
  const [changed, setChanged] = useState(false)
  const type = types.find((one) => one.plural === plural) ?? types[0]
  const pages = useInfiniteQuery({
    queryKey: ['browse', browsing.id, plural, changed],
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams({ ...(changed ? { changed: '1' } : {}), ...(pageParam === '' ? {} : { cursor: pageParam }) }) // prettier-ignore
      return get<BrowsePage>(`/api/backups/browsings/${browsing.id}/${plural}?${query.toString()}`)
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
  const items = pages.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <div className="stack">
      <div className="row browse-choice">
        <Segmented
          value={type?.plural ?? ''}
          options={types.map((one) => ({ value: one.plural, label: both(one.label) }))}
          onChange={choose}
          data-testid="browse-type"
        />
        <label className="row small">
          <Switch size="small" checked={changed} onChange={setChanged} data-testid="browse-changed" />
          {t('browse.changedOnly')}
        </label>
      </div>
      <Panel title={type ? both(type.label) : ''} flush>
        {pages.error ? (
          <Failure error={pages.error} again={() => void pages.refetch()} />
        ) : !pages.data || !type ? (
          <Waiting />
        ) : items.length === 0 && !pages.hasNextPage ? (
          <p className="nothing" data-testid="browse-empty">
            {t('browse.empty')}
          </p>
        ) : (
          <div className="table-box">
            <table className="table" data-testid="browse-table">
              <thead>
                <tr>
                  <th scope="col">{t('browse.record')}</th>
                  <th scope="col">{t('browse.owner')}</th>
                  <th scope="col">{t('browse.updated')}</th>
                  <th scope="col">{t('browse.since')}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ record, since }) => (
                  <tr key={record.id} data-testid="browse-row" data-since={since}>
                    <td>
                      <Button type="link" size="small" onClick={() => look(record.id)} data-testid="browse-look">
                        {titleOf(type, record)}
                      </Button>
                    </td>
                    <td>{record.ownerId === null ? '—' : <LinkTitle type="user" id={record.ownerId} />}</td>
                    <td className="nowrap">
                      <At value={record.updatedAt} />
                    </td>
                    <td>
                      <SinceTag since={since} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {pages.hasNextPage ? (
          <div className="card-body">
            <Button
              loading={pages.isFetchingNextPage}
              onClick={() => void pages.fetchNextPage()}
              data-testid="browse-more"
            >
              {t('browse.more')}
            </Button>
          </div>
        ) : null}
      </Panel>
    </div>
  )
}

const At = ({ value }: { value: string }): ReactElement => {
  const { language } = useText()
  return <time dateTime={value}>{instant(value, language)}</time>
}

/** What has become of a record since the backup. */
export const SinceTag = ({ since }: { since: BrowseSince }): ReactElement => {
  const { t } = useText()
  return (
    <span className="since" data-since={since}>
      {t(`browse.became.${since}`)}
    </span>
  )
}
