"""`python -m bot.cli`: the same as `trackgate`, for where the script is not on the path."""

from bot.cli.main import main

main()
