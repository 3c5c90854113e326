// The icon of a kind of follow-up.
import {
  CarOutlined,
  CommentOutlined,
  FileTextOutlined,
  MailOutlined,
  PhoneOutlined,
  TeamOutlined,
} from '@ant-design/icons'
import type { ComponentType } from 'react'

const icons: Readonly<Record<string, ComponentType>> = {
  call: PhoneOutlined,
  visit: CarOutlined,
  mail: MailOutlined,
  message: CommentOutlined,
  meeting: TeamOutlined,
}

export const kindIcon = (kind: unknown): ComponentType => icons[String(kind)] ?? FileTextOutlined
