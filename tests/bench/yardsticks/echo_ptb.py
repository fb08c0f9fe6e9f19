"""The yardstick: python-telegram-bot's echo in its default settings. Run in the yardsticks' environment: ``echo_ptb.py API_ROOT``."""

import sys

from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters


async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    await update.message.reply_text(update.message.text)


application = Application.builder().token("7:yardstick").base_url(f"{sys.argv[1]}/bot").build()
application.add_handler(MessageHandler(filters.TEXT, echo))
application.run_polling()
