"""hengtan 衡碳 weighs a company's carbon so that anybody can check the weighing."""

__version__ = "0.1.0"
