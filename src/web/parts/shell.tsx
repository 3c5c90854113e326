// The frame around every page: rail, bar with search, language and person, and the page itself.
import { LogoutOutlined, MenuOutlined, SearchOutlined, SettingOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Button, Dropdown } from 'antd'
import { lazy, Suspense, useEffect, useState, type ReactElement, type ReactNode } from 'react'
import { useNavigate } from 'react-router'
import { post } from '../api.ts'
import { initials } from '../format.ts'
import { enter, useCatalogue, useMe } from '../session.ts'
import { switchLanguage, useText } from '../text.ts'
import { Bell } from './bell.tsx'
import { LanguageSwitch } from './language.tsx'
import { Rail } from './rail.tsx'

const Palette = lazy(() => import('./palette.tsx'))
const kept = 'holdfast.rail'

export const Shell = ({ children }: { children: ReactNode }): ReactElement => {
  const { t } = useText()
  const [narrow, setNarrow] = useState(() => localStorage.getItem(kept) === 'narrow')
  const [open, setOpen] = useState(false)
  const [searching, setSearching] = useState(false)
  useOwnLanguage()
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        setSearching(true)
      }
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
  const fold = (): void => {
    setNarrow(!narrow)
    localStorage.setItem(kept, narrow ? 'wide' : 'narrow')
  }
  return (
    <div className="shell" data-narrow={narrow} data-open={open}>
      <a className="skip" href="#page">
        {t('nav.skip')}
      </a>
      <Rail narrow={narrow} fold={fold} chosen={() => setOpen(false)} />
      <button type="button" className="drawer-rail" aria-label={t('common.close')} onClick={() => setOpen(false)} />
      <header className="bar">
        <Button
          className="bar-icon"
          type="text"
          icon={<MenuOutlined />}
          aria-label={t('nav.label')}
          aria-expanded={open}
          aria-controls="rail"
          onClick={() => setOpen(!open)}
          data-testid="nav-open"
        />
        <button type="button" className="bar-search" onClick={() => setSearching(true)} data-testid="search-open">
          <SearchOutlined />
          <span>{t('search.hint')}</span>
          <kbd>{navigator.platform.startsWith('Mac') ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
        <div className="bar-gap" />
        <Bell />
        <LanguageSwitch signedIn />
        <Person />
      </header>
      <main className="page" id="page" tabIndex={0}>
        <div className="page-body">{children}</div>
      </main>
      {searching ? (
        <Suspense>
          <Palette close={() => setSearching(false)} />
        </Suspense>
      ) : null}
    </div>
  )
}

const Person = (): ReactElement => {
  const { t, both } = useText()
  const me = useMe()
  const client = useQueryClient()
  const go = useNavigate()
  const role = useCatalogue()
    .find((type) => type.name === 'user')
    ?.fields.find((field) => field.name === 'role')
    ?.options?.find((option) => option.value === me.role)
  const leave = (): void => {
    void post<{ url: string | null }>('/api/sign-out')
      .catch(() => ({ url: null }))
      .then(({ url }) => {
        enter(client, null)
        // Whoever came from a provider of identity leaves there too.
        if (url !== null) location.assign(url)
        else void go('/')
      })
  }
  return (
    <Dropdown
      trigger={['click']}
      placement="bottomRight"
      menu={{
        items: [
          {
            key: 'who',
            disabled: true,
            label: (
              <span className="quiet">
                {me.organisation}
                {role ? ` · ${both(role.label)}` : ''}
                <br />
                {me.email}
              </span>
            ),
          },
          { type: 'divider' },
          {
            key: 'settings',
            icon: <SettingOutlined />,
            label: <span data-testid="nav-settings">{t('nav.settings')}</span>,
          },
          { key: 'leave', icon: <LogoutOutlined />, label: <span data-testid="nav-sign-out">{t('nav.signOut')}</span> },
        ],
        onClick: ({ key }) => {
          if (key === 'settings') void go('/settings')
          if (key === 'leave') leave()
        },
      }}
    >
      <button type="button" className="who" aria-label={`${t('nav.person')} ${me.name}`} data-testid="nav-person">
        <span className="face" aria-hidden="true" data-letters={initials(me.name)} />
        <span className="who-name">{me.name}</span>
      </button>
    </Dropdown>
  )
}

/** The first time a person comes to this browser, their own language counts. */
const useOwnLanguage = (): void => {
  const me = useMe()
  useEffect(() => {
    if (localStorage.getItem('holdfast.language') === null) switchLanguage(me.language)
  }, [me.language])
}
