"""The embed service: texts to vectors. It knows no interview, no résumé and no caller."""
