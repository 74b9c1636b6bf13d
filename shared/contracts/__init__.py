"""The published language of every service; `shared.contracts.<service>` holds one service's own."""
